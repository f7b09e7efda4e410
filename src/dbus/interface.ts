import type { MethodCall, PreparedBody } from './call.ts';
import type { ValueOf } from './values.ts';

/** Arguments in their order: name to signature of one complete type. */
export type Arguments = Readonly<Record<string, string>>;

export interface MethodDescription<In extends Arguments = Arguments, Out extends Arguments = Arguments> {
  readonly in: In;
  readonly out: Out;
  /** The annotation org.systemd.Privileged: for root and the service's own user only. */
  readonly privileged?: boolean;
}

/** How a change of a property is told (D-Bus Specification, EmitsChangedSignal); `true` is with the new value. */
export type EmitsChange = 'true' | 'invalidates' | 'const' | 'false';

export interface PropertyDescription<Signature extends string = string> {
  readonly type: Signature;
  readonly access: 'read' | 'readwrite';
  readonly emits: EmitsChange;
  /** The annotation org.systemd.Privileged, for writing. */
  readonly privileged?: boolean;
}

export interface SignalDescription<Args extends Arguments = Arguments> {
  readonly args: Args;
}

/** An interface as introspection shows it: everything in the order in which it is written. */
export interface InterfaceDescription {
  readonly name: string;
  readonly properties: Readonly<Record<string, PropertyDescription>>;
  readonly methods: Readonly<Record<string, MethodDescription>>;
  readonly signals: Readonly<Record<string, SignalDescription>>;
}

/** @param input arguments that a call has, @param output those that its reply has */
export function method<const In extends Arguments, const Out extends Arguments>(
  input: In,
  output: Out,
): MethodDescription<In, Out> {
  return { in: input, out: output };
}

export function property<const Signature extends string>(
  type: Signature,
  emits: EmitsChange,
): PropertyDescription<Signature> {
  return { type, access: 'read', emits };
}

export function signal<const Args extends Arguments>(args: Args): SignalDescription<Args> {
  return { args };
}

export type Answer<T> = T | Promise<T>;

/** The values of arguments, by name. */
export type ValuesOf<Args extends Arguments> = { readonly [Name in keyof Args]: ValueOf<Args[Name]> };

/**
 * What answers for an interface: a function a method, from named arguments to named results, and one a property. What
 * an object is to the program, where one implementation serves many objects, is `target`.
 */
export interface Implementation<Description extends InterfaceDescription, Target = undefined> {
  readonly methods: {
    readonly [Name in keyof Description['methods']]: (
      input: ValuesOf<Description['methods'][Name]['in']>,
      call: MethodCall,
      target: Target,
    ) => Answer<ValuesOf<Description['methods'][Name]['out']> | PreparedBody>;
  };
  readonly properties: {
    readonly [Name in keyof Description['properties']]: PropertyImplementation<
      ValueOf<Description['properties'][Name]['type']>,
      Target
    >;
  };
}

export interface PropertyImplementation<Value, Target> {
  get(target: Target): Answer<Value>;
  /** Only for properties that can be written. @throws DBusError */
  set?(value: Value, call: MethodCall, target: Target): Answer<void>;
}
