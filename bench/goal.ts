/** What a figure is to reach. */
export interface Goal {
  /** Which figure, where that is not plain. */
  readonly what?: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A goal, and what came of it. */
export interface Judged extends Goal {
  /** Absent when there is none, and so the goal is not met. */
  readonly value?: number;
  readonly met: boolean;
}

/** Compares a figure with its goal as it is, not as it is printed. */
export function judge(goal: Goal, value: number | undefined): Judged {
  if (value === undefined || Number.isNaN(value)) return { ...goal, met: false };
  const { atLeast = Number.NEGATIVE_INFINITY, atMost = Number.POSITIVE_INFINITY } = goal;
  return { ...goal, value, met: value >= atLeast && value <= atMost };
}

/** As in `met: at least 1.7` and `NOT MET: CPU at most 0.8`; `unit` goes behind the number. */
export function goalText({ what, atLeast, atMost, met }: Judged, unit = ''): string {
  const bounds = [
    ...(atLeast === undefined ? [] : [`at least ${atLeast}${unit}`]),
    ...(atMost === undefined ? [] : [`at most ${atMost}${unit}`]),
  ];
  return `${met ? 'met' : 'NOT MET'}: ${what === undefined ? '' : `${what} `}${bounds.join(' and ')}`;
}
