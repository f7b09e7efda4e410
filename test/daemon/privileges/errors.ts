/** How a caller is told no, or that a password is needed; as systemd-machined 262 tells it. */
export const errors = {
  dbus: {
    denied: 'org.freedesktop.DBus.Error.AccessDenied',
    challenged: 'org.freedesktop.DBus.Error.InteractiveAuthorizationRequired',
  },
  varlink: {
    denied: 'org.varlink.service.PermissionDenied',
    challenged: 'io.systemd.InteractiveAuthenticationRequired',
  },
} as const;
