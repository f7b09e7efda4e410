import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  errorsOf,
  IdlError,
  implement,
  implementLater,
  type VarlinkClient,
  VarlinkError,
} from '../../src/varlink/index.ts';
import { description } from '../../src/varlink/org.varlink.service.ts';
import { description as certification } from '../support/certification/org.varlink.certification.ts';

const info = { vendor: '', product: '', version: '', url: '', interfaces: [] };

describe('an implementation', () => {
  test('has a method for each of the definition, by full name', () => {
    const implementation = implement('interface a.b method One() -> () method Two() -> ()', { One: () => ({}) });
    expect(implementation.name).toBe('a.b');
    expect([...implementation.methods.keys()]).toEqual(['a.b.One', 'a.b.Two']);
    expect(implementation.methods.get('a.b.Two')?.handler).toBeUndefined();
    expect(implementation.description).toBe('interface a.b\n\nmethod One() -> ()\n\nmethod Two() -> ()\n');
  });

  test('refuses a handler for a method that is not there, and a bad definition', () => {
    expect(() => implement('interface a.b method One() -> ()', { Two: () => ({}) })).toThrow('a.b has no method Two');
    expect(() => implement('interface a.b method One()', {})).toThrow(IdlError);
  });

  test('does not take what objects inherit for handlers', () => {
    const implementation = implement('interface a.b type T (a: int) method ToString() -> ()', {});
    expect(implementation.methods.get('a.b.ToString')?.handler).toBeUndefined();
  });
});

describe('an implementation that is read later', () => {
  const text = 'interface a.b method One() -> () method Two() -> ()';

  test('is the same in the end', () => {
    const now = implement(text, { One: () => ({}) }, () => undefined);
    const later = implementLater(text, { One: () => ({}) }, () => undefined);
    expect(later.name).toBe(now.name);
    expect([...later.methods.keys()]).toEqual([...now.methods.keys()]);
    expect(later.description).toBe(now.description);
    expect(later.shortcut).toBeTypeOf('function');
  });

  test('is read once, when it is first needed, of which its name is no part', () => {
    const bad = implementLater('# Well.\ninterface a.b method', {});
    expect(bad.name).toBe('a.b');
    expect(() => bad.methods).toThrow(IdlError);
    const good = implementLater(text, {});
    expect(good.methods).toBe(good.methods);
  });

  test.each(['', 'interface', 'interface a', 'interfaces a.b', 'type T (a: int)', 'interface a.b-', '!'])(
    'has a name: %j',
    (start) => {
      expect(() => implementLater(start, {})).toThrow(IdlError);
    },
  );
});

describe('the errors of an interface', () => {
  test('have its name in front', () => {
    const fail = errorsOf(description);
    const error = fail('InvalidParameter', { parameter: 'x' });
    expect(error).toBeInstanceOf(VarlinkError);
    expect(error).toMatchObject({ error: 'org.varlink.service.InvalidParameter', parameters: { parameter: 'x' } });
    expect(error.message).toBe('org.varlink.service.InvalidParameter {"parameter":"x"}');
    expect(fail('ExpectedMore').message).toBe('org.varlink.service.ExpectedMore');
  });
});

// These are checked by the compiler: an "expect-error" without an error is one.
describe('what the generated description says', () => {
  test('a service has to do', () => {
    const GetInterfaceDescription = () => ({ description: '' });
    implement(description, { GetInfo: () => info, GetInterfaceDescription });
    implement(description, { GetInfo: async () => info, GetInterfaceDescription });
    implement(description, { GetInfo: () => new VarlinkError('a.b.C'), GetInterfaceDescription });
    implement(description, {
      *GetInfo() {
        yield info;
        return info;
      },
      async *GetInterfaceDescription({ interface: name }, call) {
        expectTypeOf(name).toEqualTypeOf<string>();
        expectTypeOf(call.more).toEqualTypeOf<boolean>();
        yield { description: name };
        return new VarlinkError('a.b.C');
      },
    });
    // @ts-expect-error a handler is missing
    implement(description, { GetInfo: () => info });
    // @ts-expect-error the reply lacks fields
    implement(description, { GetInfo: () => ({ vendor: '' }), GetInterfaceDescription });
    // @ts-expect-error a field has a wrong type
    implement(description, { GetInfo: () => ({ ...info, version: 1 }), GetInterfaceDescription });
    // @ts-expect-error the reply has fields, and nothing is given
    implement(description, { GetInfo: () => {}, GetInterfaceDescription });
    // @ts-expect-error a promise of a wrong reply
    implement(description, { GetInfo: async () => ({ vendor: '' }), GetInterfaceDescription });
    implement(description, {
      // @ts-expect-error a wrong reply is yielded
      *GetInfo() {
        yield { vendor: '' };
        return info;
      },
      GetInterfaceDescription,
    });
    // @ts-expect-error there is no such parameter
    implement(description, { GetInfo: () => info, GetInterfaceDescription: ({ name }) => ({ description: name }) });
  });

  test('an error has to carry', () => {
    const fail = errorsOf(description);
    // @ts-expect-error there is no such error
    fail('Nope');
    // @ts-expect-error its parameters are missing
    fail('InvalidParameter');
    // @ts-expect-error its parameter has a wrong type
    fail('InvalidParameter', { parameter: 1 });
  });

  test('a client may call, with which parameters, and what it gets', () => {
    async function use(client: VarlinkClient): Promise<void> {
      const service = client.use(description);
      expectTypeOf((await service.call('GetInfo')).vendor).toEqualTypeOf<string>();
      // @ts-expect-error there is no such method
      await service.call('Nope');
      // @ts-expect-error the parameters are missing
      await service.call('GetInterfaceDescription');
      // @ts-expect-error the parameter has a wrong type
      await service.call('GetInterfaceDescription', { interface: 1 });
      const { mytype } = await client.use(certification).call('Test09', { client_id: '', set: {} });
      expectTypeOf(mytype.enum).toEqualTypeOf<'one' | 'two' | 'three'>();
      expectTypeOf(mytype.nullable).toEqualTypeOf<string | null | undefined>();
      const untyped = client.use('interface a.b method M(x: int) -> ()');
      await untyped.call('M', { x: 1 });
    }
    expect(use).toBeTypeOf('function');
  });

  test('nullable fields may be given, null, undefined or left out', () => {
    const object = {};
    const rest = { object, struct: { first: 1, second: '' }, array: [], dictionary: {}, stringset: {} };
    const mytype = { ...rest, enum: 'one', interface: { anon: { foo: true, bar: true } } } as const;
    type Handler = Parameters<typeof implement<typeof certification>>[1]['Test09'];
    const handlers: Handler[] = [
      () => ({ mytype }),
      () => ({ mytype: { ...mytype, nullable: undefined } }),
      () => ({ mytype: { ...mytype, nullable: null } }),
      () => ({ mytype: { ...mytype, nullable: 'x' } }),
      // @ts-expect-error a wrong type
      () => ({ mytype: { ...mytype, nullable: 1 } }),
      // @ts-expect-error one of the enum's values it is not
      () => ({ mytype: { ...mytype, enum: 'four' } }),
    ];
    expect(handlers).toHaveLength(6);
  });
});
