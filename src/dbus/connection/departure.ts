import { BUS_NAME } from '../names.ts';
import type { MatchRule, SignalListener } from './match.ts';

/** What is asked of the bus. */
export interface DepartureBus {
  match(rule: MatchRule, listener: SignalListener): Promise<() => void>;
  /** Undefined: nobody has the name. */
  ownerOf(name: string): Promise<string | undefined>;
}

/**
 * Calls back when a connection leaves the bus, or has left it already, or when the bus does not tell. The function
 * returned gives up.
 * @param name unique, as in `:1.42`
 */
export function followDeparture(bus: DepartureBus, name: string, left: () => void): () => void {
  let over = false;
  let stop = (): void => {};
  const tell = (): void => {
    if (!over) left();
  };
  const follow = async (): Promise<void> => {
    const rule = { sender: BUS_NAME, interface: BUS_NAME, member: 'NameOwnerChanged', arg0: name };
    const end = await bus.match(rule, ({ signature, body }) => {
      if (signature === 'sss' && body[2] === '') tell();
    });
    if (over) return end();
    stop = end;
    // It may have left before it was listened to.
    if ((await bus.ownerOf(name)) === undefined) tell();
  };
  follow().catch(tell);
  return () => {
    over = true;
    stop();
  };
}
