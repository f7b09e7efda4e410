/** How a query came, and so how its response goes. */
export type Transport = 'udp' | 'tcp';

/** What answers most datagrams where they are in memory; src/linux says more about it. */
export interface DatagramShortcut {
  begin(): void;
  /** The length of the answer that was put at `to`; 0: it has none. */
  answer(memory: Uint8Array, from: number, end: number, to: number): number;
}
