import { describe, expect, it } from 'vitest';
import { sampleMachine } from '../../machine/sample-machine.ts';
import { decoded, digQueries, opt, query } from './messages.ts';
import { machineWith, SampleNames } from './sample-names.ts';

const asker = () => Uint8Array.of(127, 0, 0, 1);

describe('a responder', () => {
  const sample = new SampleNames();
  const responder = sample.responder();
  const respond = (message: Buffer, transport: 'udp' | 'tcp' = 'udp') => responder.respond(message, asker, transport);
  /** The code in full, with its upper bits from the OPT record. */
  const code = (response: Buffer) => {
    const { additionals = [] } = decoded(response);
    const extended = additionals.find((record) => record.type === 'OPT');
    return ((extended?.type === 'OPT' ? extended.extendedRcode : 0) << 4) | ((response[3] as number) & 15);
  };

  it('says nothing to what is no query', () => {
    for (const length of [0, 1, 11]) expect(respond(Buffer.alloc(length))).toBeUndefined();
    const response = respond(query('web', 'A')) as Buffer;
    expect(respond(response)).toBeUndefined();
    expect(respond(response, 'tcp')).toBeUndefined();
  });

  it.each([1, 2, 3, 4, 5, 6, 15])('does not implement operation %i', (opcode) => {
    const message = query('web', 'A', { flags: opcode << 11 });
    const response = respond(message) as Buffer;
    expect(response.toString('hex')).toBe(`1234${((0x8004 | (opcode << 11)) >>> 0).toString(16)}${'0'.repeat(16)}`);
  });

  const questions = { name: 'web', type: 'A' as const };
  it.each<[string, Buffer]>([
    ['no question', query('web', 'A', { questions: [] })],
    ['two questions', query('web', 'A', { questions: [questions, questions] })],
    ['an answer', query('web', 'A', { answers: [{ name: 'web', type: 'A', data: '10.0.0.1' }] })],
    ['something behind it', Buffer.concat([query('web', 'A'), Buffer.of(0)])],
    ['two OPT records', query('web', 'A', { additionals: [opt(), opt()] })],
    ['three additional records', Buffer.from('123401000001000000000003037765620000010001', 'hex')],
    ['a question that is cut off', query('web', 'A').subarray(0, -1)],
    ['a pointer in its question', Buffer.from('123401000001000000000000c00c00010001', 'hex')],
    ['a name of 256 bytes', query(Array(4).fill('a'.repeat(63)).join('.'), 'A')],
    ['a question for OPT', query('web', 'OPT')],
  ])('calls a query with %s malformed', (_what, message) => {
    const response = respond(message) as Buffer;
    expect(response.readUInt16BE(0)).toBe(0x1234);
    expect((response[3] as number) & 15).toBe(1);
    decoded(response);
  });

  it('ends a connection over which something malformed comes', () => {
    expect(respond(query('web', 'A', { questions: [] }), 'tcp')).toBeUndefined();
  });

  it('knows EDNS version 0 only, and says so', () => {
    const response = respond(query('web', 'A', { additionals: [opt({ ednsVersion: 1 })] })) as Buffer;
    expect(code(response)).toBe(16);
    expect(decoded(response).answers).toEqual([]);
  });

  it('answers with an OPT record to one with one, and gives its flag back', () => {
    expect(decoded(respond(query('web', 'A'))).additionals).toEqual([]);
    const response = decoded(respond(query('web', 'A', { additionals: [opt({ flags: 0x8000 })] })));
    expect(response.additionals).toMatchObject([{ type: 'OPT', udpPayloadSize: 1232, ednsVersion: 0, flag_do: true }]);
  });

  it('has the question in the answer byte for byte, and the flags that are to come back', () => {
    for (const [parameters, message] of digQueries()) {
      const response = respond(message) as Buffer;
      if (((message[2] as number) & 0x78) !== 0) continue;
      const end = message.indexOf(0, 12) + 5;
      expect(response.subarray(12, end).equals(message.subarray(12, end)), parameters).toBe(true);
      const kept = 0x0110;
      expect(response.readUInt16BE(2) & kept, parameters).toBe(message.readUInt16BE(2) & kept);
    }
  });

  it('has a dot in a label not mean two labels', () => {
    // `deep.er.down` in one label.
    const label = Buffer.from('\x0cdeep.er.down\x07machine\x08internal\0', 'latin1');
    const message = Buffer.concat([Buffer.from('123401000001000000000000', 'hex'), label, Buffer.of(0, 1, 0, 1)]);
    expect(code(respond(message) as Buffer)).toBe(3);
    const machine = decoded(respond(query('deep.er.down.machine.internal', 'A')));
    expect(machine.answers).toMatchObject([{ data: '10.0.0.4' }]);
  });

  it('refuses every class but Internet', () => {
    const message = query('web', 'A');
    for (const other of [0, 2, 3, 4, 254, 255]) {
      message.writeUInt16BE(other, message.length - 2);
      expect(code(respond(message) as Buffer)).toBe(5);
    }
  });

  it('refuses transfers of the zone', () => {
    for (const type of ['AXFR', 'IXFR'])
      expect(code(respond(query('machine.internal', type), 'tcp') as Buffer)).toBe(5);
  });

  it('truncates what does not fit, as far as the asker has room, and gives all of it over TCP', () => {
    const message = (size?: number) =>
      query('crowd', 'A', size === undefined ? {} : { additionals: [opt({ udpPayloadSize: size })] });
    // 12 bytes of header, 11 of question, 16 for each address; 11 of OPT.
    for (const size of [undefined, 0, 512, 1232, 4096, 65_535]) {
      const response = respond(message(size)) as Buffer;
      expect(decoded(response)).toMatchObject({ flag_tc: true, answers: [] });
      expect(response.length).toBeLessThanOrEqual(512);
    }
    const whole = decoded(respond(message(512), 'tcp'));
    expect(whole.flag_tc).toBe(false);
    expect(whole.answers).toHaveLength(100);
    for (const [count, size, fits] of [
      [30, 512, true],
      [31, 512, false],
      [75, 1232, true],
      [76, 1232, false],
      [77, 4096, false],
    ] as const) {
      const name = `c${count}`;
      const lines = Array.from({ length: count }, (_, index) => `10.8.${count}.${index} global 2`);
      sample.registry.add(machineWith(name, lines));
      const response = decoded(respond(query(name, 'A', { additionals: [opt({ udpPayloadSize: size })] })));
      expect([name, response.flag_tc, response.answers?.length]).toEqual([name, !fits, fits ? count : 0]);
    }
  });

  it('gives over TCP as much as a message holds', () => {
    const lines = Array.from({ length: 4096 }, (_, index) => `fd00::${(index + 1).toString(16)} global 2`);
    sample.registry.add(machineWith('giant', lines));
    const response = respond(query('giant', 'AAAA', { additionals: [opt()] }), 'tcp') as Buffer;
    expect(response.length).toBeLessThanOrEqual(65_535);
    // 28 bytes each.
    expect(decoded(response).answers).toHaveLength(Math.floor((65_535 - 12 - 11 - 11) / 28));
  });

  it('gives the answer of now, however often it has been asked', () => {
    const now = () => {
      const response = respond(query('fleeting', 'A')) as Buffer;
      const data = (decoded(response).answers ?? []).map((record) => ('data' in record ? record.data : ''));
      return [code(response), ...data].join(' ');
    };
    const outcomes: string[] = [];
    for (const address of [undefined, '10.7.0.1', '10.7.0.2', undefined]) {
      if (address === undefined && outcomes.length > 0) sample.registry.remove(sampleMachine('fleeting').name);
      else if (address === '10.7.0.1') sample.registry.add(machineWith('fleeting', [`${address} global 2`]));
      else if (address !== undefined) {
        sample.registry.update(sampleMachine('fleeting').name, (machine) => ({
          ...machine,
          facts: machineWith('fleeting', [`${address} global 2`]).facts,
        }));
      }
      for (let times = 0; times < 3; times++) outcomes.push(now());
    }
    expect([...new Set(outcomes)]).toEqual(['5', '0 10.7.0.1', '0 10.7.0.2']);
    expect(outcomes.at(-1)).toBe('5');
  });

  it('puts the id of each query into a prepared answer', () => {
    for (const id of [1, 0xffff, 7]) {
      expect((respond(query('web', 'A', { id })) as Buffer).readUInt16BE(0)).toBe(id);
    }
  });

  it('says of nothing that it cannot be', () => {
    expect(sample.problems).toEqual([]);
  });

  it('answers SERVFAIL where it has a fault of its own', () => {
    const broken = new SampleNames(() => {
      throw new Error('broken');
    });
    const response = broken.responder().respond(query('web', 'TXT'), asker, 'udp') as Buffer;
    expect((response[3] as number) & 15).toBe(2);
    expect(broken.problems).toMatchObject([{ message: 'broken' }]);
  });
});
