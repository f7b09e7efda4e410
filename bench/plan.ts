import type { Goal } from './goal.ts';

/** A row that is to be measured, and what it is to reach. */
export interface PlannedRow {
  readonly workload: string;
  readonly machines: number;
  readonly connections: number;
  readonly goals: readonly Goal[];
}

/** Numbers of machines that the rows are about. */
export interface Sizes {
  readonly few: number;
  /** What a busy host has. */
  readonly hundred: number;
  /** Nearly all that systemd-machined takes as shipped. */
  readonly crowded: number;
  readonly thousand: number;
  /** More than systemd-machined could be asked about in the time of a run. */
  readonly many: number;
}

export const fullSizes: Sizes = { few: 10, hundred: 100, crowded: 480, thousand: 1000, many: 10_000 };
/** For the short form. */
export const quickSizes: Sizes = { few: 3, hundred: 5, crowded: 8, thousand: 12, many: 40 };

/** All rows against systemd-machined. Those without a goal are for the picture, or were promised elsewhere. */
export function plan({ few, hundred, crowded, thousand }: Sizes): readonly PlannedRow[] {
  return [
    ...rows('userdb by uid', few, { 1: 1.7, 4: 6, 16: 15 }),
    ...rows('userdb by uid', hundred, { 1: none, 16: none }),
    ...rows('userdb by uid', crowded, { 1: 27, 4: 160, 16: 350 }),
    ...rows('userdb by uid', thousand, { 1: none, 16: none }),
    ...rows('userdb by name', few, { 1: 1.35, 4: 3.5, 16: 8 }),
    ...rows('userdb by name', thousand, { 1: none, 16: none }),
    ...rows('hook by name', few, { 1: 15, 16: 200 }),
    ...rows('hook by name', thousand, { 1: 45, 16: 600 }),
    ...rows('userdb, a connection for each call', few, { 4: 2 }),
    ...rows('D-Bus addresses', few, { 1: 7, 16: 20 }),
    ...rows('D-Bus addresses', thousand, { 1: none, 16: none }),
    ...rows('D-Bus machine', thousand, { 1: none, 16: none }),
    ...rows('D-Bus list', thousand, { 1: none, 16: none }),
    ...rows('machinectl list', thousand, { 1: 8 }),
    ...rows('registering', thousand, { 1: 1 }),
  ];
}

/** Every workload with every number of machines and connections, each with the goal that the plan has for it. */
export function grid(
  workloads: readonly string[],
  machines: readonly number[],
  connections: readonly number[],
): readonly PlannedRow[] {
  const known = plan(fullSizes);
  return workloads.flatMap((workload) =>
    machines.flatMap((count) =>
      connections.map(
        (at): PlannedRow =>
          known.find((row) => row.workload === workload && row.machines === count && row.connections === at) ?? {
            workload,
            machines: count,
            connections: at,
            goals: [],
          },
      ),
    ),
  );
}

/** Goals of what is not in {@link plan}, by what it is. */
export const goals = {
  /** Ratio to itself with few machines. */
  many: { atLeast: 0.9 },
  busyPoll: { atLeast: 4 },
  underChanges: { atMost: 3 },
  underCopies: { atMost: 3 },
  dns: [{ atLeast: 1.15 }, { what: 'CPU', atMost: 0.8 }, { what: 'lost', atMost: 0 }],
  /** MiB */
  memoryMany: { atMost: 160 },
  memoryFew: { atMost: 60 },
  memoryGrowth: { atMost: 2 },
  descriptors: { atMost: 2 },
  /** Milliseconds */
  readyEmpty: { atMost: 150 },
  readyMany: { atMost: 2000 },
  wakeUps: { atMost: 0 },
} as const;

const none = 0;

function rows(workload: string, machines: number, ratios: Readonly<Record<number, number>>): PlannedRow[] {
  return Object.entries(ratios).map(([connections, atLeast]) => ({
    workload,
    machines,
    connections: Number(connections),
    goals: atLeast === none ? [] : [{ atLeast }],
  }));
}
