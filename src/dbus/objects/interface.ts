import type { MethodCall, PreparedBody } from '../call.ts';
import type { ValueOf } from '../values.ts';

/** Arguments in their order: name to signature of one complete type. Where they have no names, numbers from 0. */
export type Arguments = Readonly<Record<string, string>>;

export interface MethodDescription {
  /** What a call has. */
  readonly in: Arguments;
  /** What its reply has. */
  readonly out: Arguments;
  /** For root and the service's own user only, as sd-bus has it of all methods that are not marked otherwise. */
  readonly privileged?: boolean;
}

/** How a change of a property is told (D-Bus Specification, EmitsChangedSignal); `true` is with the new value. */
export type EmitsChange = 'true' | 'invalidates' | 'const' | 'false';

export interface PropertyDescription {
  /** One complete type. */
  readonly type: string;
  readonly emits: EmitsChange;
  /** `read` when absent. */
  readonly access?: 'read' | 'readwrite';
  /** Can be written by root and the service's own user only. */
  readonly privileged?: boolean;
}

/** A signal's arguments. */
export type SignalDescription = Arguments;

/**
 * An interface as introspection shows it: everything in the order in which it is written. One that is declared
 * `as const` gives the types of what answers it:
 *
 *     const description = {
 *       name: 'org.example.Clock',
 *       properties: { Zone: { type: 's', emits: 'const' } },
 *       methods: { Now: { in: {}, out: { seconds: 't' } } },
 *       signals: { Tick: { seconds: 't' } },
 *     } as const;
 */
export interface InterfaceDescription {
  readonly name: string;
  readonly properties: Readonly<Record<string, PropertyDescription>>;
  readonly methods: Readonly<Record<string, MethodDescription>>;
  readonly signals: Readonly<Record<string, SignalDescription>>;
}

/** Something, or a promise of it. What is there at once should be given at once: it is answered without a detour. */
export type Answer<T> = T | Promise<T>;

/** The values of arguments, by name. */
export type ValuesOf<Args extends Arguments> = { readonly [Name in keyof Args]: ValueOf<Args[Name]> };

/**
 * What answers for an interface: a function for each method, from named arguments to named results, and for each
 * property. Where one implementation serves many objects, `target` is what the object in question is to the program.
 * All of them may throw a `DBusError`, or reject with one.
 */
export interface Implementation<Description extends InterfaceDescription, Target = undefined> {
  readonly methods: {
    readonly [Name in keyof Description['methods']]: MethodImplementation<Description['methods'][Name], Target>;
  };
  readonly properties: {
    readonly [Name in keyof Description['properties']]: PropertyImplementation<Description['properties'][Name], Target>;
  };
}

/** A reply that is kept ready goes out as it is; its signature must be that of the method's results. */
export type MethodImplementation<Description extends MethodDescription, Target> = (
  input: ValuesOf<Description['in']>,
  call: MethodCall,
  target: Target,
) => Answer<ValuesOf<Description['out']> | PreparedBody>;

export type PropertyImplementation<Description extends PropertyDescription, Target> = Description extends {
  readonly access: 'readwrite';
}
  ? WritableProperty<ValueOf<Description['type']>, Target>
  : (target: Target, call: MethodCall) => Answer<ValueOf<Description['type']>>;

export interface WritableProperty<Value, Target> {
  get(target: Target, call: MethodCall): Answer<Value>;
  set(value: Value, call: MethodCall, target: Target): Answer<void>;
}
