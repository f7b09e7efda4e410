import { describe, expect, it } from 'vitest';
import { chooseBus } from '../../../src/daemon/bus/bus-choice.ts';

const root = { uid: 0, environment: {}, apart: false };
const user = { uid: 1000, environment: { XDG_RUNTIME_DIR: '/run/user/1000' }, apart: false };
const socketOf = (choice: ReturnType<typeof chooseBus>): unknown => choice?.addresses[0]?.socket;

describe('the bus of a daemon', () => {
  it('is the system bus for root, where the specification has it or the environment says', () => {
    const choice = chooseBus(undefined, root);
    expect(socketOf(choice)).toEqual({ path: '/run/dbus/system_bus_socket' });
    expect(choice?.required).toBe(false);
    const environment = { DBUS_SYSTEM_BUS_ADDRESS: 'unix:abstract=elsewhere' };
    expect(socketOf(chooseBus('system', { ...root, environment }))).toEqual({ abstract: 'elsewhere' });
  });

  it('is the session bus for a user, where there is one', () => {
    expect(socketOf(chooseBus(undefined, user))).toEqual({ path: '/run/user/1000/bus' });
    expect(chooseBus(undefined, { ...user, environment: {} })).toBeUndefined();
    expect(() => chooseBus('session', { ...user, environment: {} })).toThrow('there is no session bus');
  });

  it('is none for a daemon apart from the usual one, unless it is told', () => {
    expect(chooseBus(undefined, { ...root, apart: true })).toBeUndefined();
    expect(chooseBus('system', { ...root, apart: true })?.required).toBe(true);
    expect(chooseBus('none', root)).toBeUndefined();
  });

  it('is the one at an address, or an error that says what is wrong with it', () => {
    const choice = chooseBus('unix:path=/run/a%20b', root);
    expect(choice).toMatchObject({ name: 'unix:path=/run/a%20b', required: true });
    expect(socketOf(choice)).toEqual({ path: '/run/a b' });
    expect(() => chooseBus('sytem', root)).toThrow('"sytem" is no address of a bus');
    expect(() => chooseBus('', root)).toThrow('the address of the bus is empty');
  });
});
