import type { IgnoredResource } from './deployment.ts';

/** What the runner does not pretend to do, and what of the template it leaves out, as lines for the banner. */
export function describeLimits(ignored: readonly IgnoredResource[]): string[] {
  const byReason = new Map<string, Map<string, number>>();
  for (const { type, reason } of ignored) {
    const types = byReason.get(reason) ?? new Map<string, number>();
    types.set(type, (types.get(type) ?? 0) + 1);
    byReason.set(reason, types);
  }
  const lines = [
    'Local only: no IAM, no WAF, no mTLS; KMS signs tokens with a key file and encrypts nothing. Made-up people only; never real patient data.',
  ];
  for (const [reason, types] of [...byReason].sort(([left], [right]) => left.localeCompare(right))) {
    const counted = [...types].map(([type, count]) => (count === 1 ? type : `${count} × ${type}`));
    lines.push(`Left out, ${reason}: ${counted.join(', ')}`);
  }
  return lines;
}
