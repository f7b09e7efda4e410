import { grouped } from './cells.ts';
import type { BenchResult, Row } from './result.ts';

/** A curve: what it is called, how it is drawn, and lookups a second by numbers of machines. */
interface Curve {
  readonly name: string;
  readonly color: string;
  readonly points: readonly (readonly [machines: number, rate: number])[];
}

/** Lookups a second against the number of machines, ours and systemd-machined's, as SVG; both scales logarithmic. */
export function picture({ rows, system, date }: BenchResult): string {
  const shown = rows.filter(({ workload }) => workload === 'userdb by uid');
  const connections = Math.max(1, ...shown.map((row) => row.connections));
  const most = shown.filter((row) => row.connections === connections);
  const lines: readonly Curve[] = [
    { name: 'mymachines', color: '#0b6e4f', points: points(most, 'candidate') },
    { name: 'systemd-machined', color: '#b3261e', points: points(most.filter(isAgainstMachined), 'reference') },
  ];
  const curves = lines.filter((curve) => curve.points.length > 0);
  const all = curves.flatMap((curve) => curve.points);
  const x = scale(
    all.map(([machines]) => machines),
    LEFT,
    WIDTH - RIGHT,
  );
  const y = scale(
    all.map(([, rate]) => rate),
    HEIGHT - BOTTOM,
    TOP,
  );
  const title = `Lookups a second, ${connections} connections, against the number of machines`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="24" font-size="16">${title}</text>`,
    `<text x="${LEFT}" y="${HEIGHT - 10}" fill="#666666">${escaped(`${system.processor}, ${date.slice(0, 10)}`)}</text>`,
    ...y.marks.flatMap((mark) => [
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y.at(mark)}" y2="${y.at(mark)}" stroke="#dddddd"/>`,
      `<text x="${LEFT - 8}" y="${y.at(mark) + 4}" text-anchor="end">${grouped(mark)}</text>`,
    ]),
    ...x.marks.flatMap((mark) => [
      `<line x1="${x.at(mark)}" x2="${x.at(mark)}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#dddddd"/>`,
      `<text x="${x.at(mark)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${grouped(mark)}</text>`,
    ]),
    ...curves.flatMap(({ name, color, points: own }) => {
      const places = own.map(([machines, rate]) => [x.at(machines), y.at(rate)] as const);
      const [lastX = 0, lastY = 0] = places.at(-1) ?? [];
      return [
        `<polyline points="${places.map((place) => place.join(',')).join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>`,
        ...places.map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="4" fill="${color}"/>`),
        `<text x="${lastX}" y="${lastY - 12}" text-anchor="end" fill="${color}">${name}</text>`,
      ];
    }),
    '</svg>',
    '',
  ].join('\n');
}

function isAgainstMachined({ against }: Row): boolean {
  return against === 'systemd-machined';
}

function points(rows: readonly Row[], side: 'reference' | 'candidate'): [number, number][] {
  const found = rows.flatMap((row): [number, number][] => {
    const rate = row[side]?.rate.median;
    return rate === undefined || row.ratio === undefined ? [] : [[row.machines, rate]];
  });
  return found.sort(([a], [b]) => a - b);
}

/** A logarithmic scale that takes these values, from one place to another, with marks at powers of ten. */
function scale(values: readonly number[], from: number, to: number) {
  const low = Math.floor(Math.log10(Math.min(...values, 10)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values, 10))));
  const at = (value: number) => Math.round(from + ((Math.log10(value) - low) / (high - low)) * (to - from));
  return { at, marks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)) };
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const [WIDTH, HEIGHT] = [760, 420];
const [LEFT, RIGHT, TOP, BOTTOM] = [80, 30, 50, 60];
