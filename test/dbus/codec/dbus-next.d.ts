// What tests hold our own code against.

declare module 'dbus-next/lib/marshall-compat.js' {
  const compat: { marshallMessage(message: unknown): [Buffer, number[]] };
  export default compat;
}

declare module 'dbus-next/lib/message.js' {
  const message: { marshall(message: unknown): [Buffer, number[]] };
  export default message;
}
