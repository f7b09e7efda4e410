/**
 * Compares two versions by the Version Format Specification of the UAPI Group: parts are digits, letters, or one of
 * `~-^.`; of digits the greater number is newer, letters go by ASCII; `~` comes before anything, even the end.
 * @returns negative when `a` is older, 0 when neither is
 */
export function compareVersions(a: string, b: string): number {
  let [left, right] = [a, b];
  for (;;) {
    left = left.replace(IGNORED, '');
    right = right.replace(IGNORED, '');
    for (const mark of ['~', '', '-', '^', '.']) {
      // The end of one, at this place in the order.
      if (mark === '') {
        if (left === '' || right === '') return compare(left.length, right.length);
        continue;
      }
      const [here, there] = [left.startsWith(mark), right.startsWith(mark)];
      if (here !== there) return here ? -1 : 1;
      if (here) {
        left = left.slice(1);
        right = right.slice(1);
        break;
      }
    }
    const pattern = /^\d/.test(left) || /^\d/.test(right) ? DIGITS : LETTERS;
    const one = pattern.exec(left)?.[0] ?? '';
    const other = pattern.exec(right)?.[0] ?? '';
    const result = pattern === DIGITS ? compareNumbers(one, other) : compareText(one, other);
    if (result !== 0) return result;
    left = left.slice(one.length);
    right = right.slice(other.length);
  }
}

const IGNORED = /^[^A-Za-z0-9~^.-]+/;
const DIGITS = /^\d+/;
const LETTERS = /^[A-Za-z]+/;

/** Digits of any length. No digits at all are older than any. */
function compareNumbers(a: string, b: string): number {
  const [one, other] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  if (a === '' || b === '') return compare(a.length, b.length);
  return compare(one.length, other.length) || compareText(one, other);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compare(a: number, b: number): number {
  return Math.sign(a - b);
}
