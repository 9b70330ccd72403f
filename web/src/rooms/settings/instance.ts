import type { CheckBody } from '@/api/schema';

const ORDER = ['bad', 'warning', 'good'];

/** What is not in order first; equals as the server has them. */
export function byVerdict(checks: CheckBody[]): CheckBody[] {
  return checks.toSorted((one, other) => ORDER.indexOf(one.verdict) - ORDER.indexOf(other.verdict));
}

/** What was found is written to stand after its name; here it stands alone. A name that begins it stays as it is. */
export function sentence(found: string): string {
  return /^[a-z]+[ ,;]/.test(found) ? found.charAt(0).toUpperCase() + found.slice(1) : found;
}
