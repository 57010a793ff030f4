import type { Caller } from '../domain/access/caller.ts';
import { decideOperation } from '../domain/access/decide-access.ts';
import {
  cumulativeReport,
  monthReport,
  type PublicUsage,
  publicUsage,
  type UsageReport,
} from '../domain/audit/usage-report.ts';
import { instant } from '../store/store.ts';
import { listUsageMonths, readUsage, readUsageGeneration } from '../store/usage.ts';
import { type Region, type Result, refuse } from './region.ts';

/** The usage of a month: all of it for those who look after the region's privacy, else what may be published. */
export type MonthlyUsage =
  | {
      readonly form: 'full';
      readonly month: string;
      readonly usage: UsageReport;
      /** All months up to this one. */
      readonly cumulative: UsageReport;
    }
  | { readonly form: 'public'; readonly month: string; readonly usage: PublicUsage };

/** The usage of one month (`YYYY-MM`, UTC); a month to come is a mistake. Only a privacy officer gets small numbers. */
export async function readMonthlyUsage(
  region: Region,
  caller: Caller,
  request: { month?: string | undefined; publicForm: boolean },
): Promise<Result<MonthlyUsage>> {
  const { policy, store } = region;
  const decision = decideOperation(policy, caller, 'usage.read');
  if (!decision.allowed) return refuse(decision.code);
  const now = instant(store).slice(0, 7);
  const { month = now } = request;
  if (month > now) return refuse('INVALID_REQUEST', { issues: ['query.month: has not begun'] });
  const { current } = await readUsageGeneration(store);
  const isPublic = request.publicForm || caller.role !== 'privacy-officer';
  // From the sums of two months one could work out what one of them leaves out, so no sums are published.
  const months = isPublic ? [month] : await listUsageMonths(store, current, month);
  const counts = new Map(
    await Promise.all(
      [...new Set([...months, month])].map(
        async (one) => [one, await readUsage(store, current, one)] as const,
      ),
    ),
  );
  const usage = monthReport(counts.get(month) ?? new Map(), policy);
  return {
    ok: true,
    value: isPublic
      ? { form: 'public', month, usage: publicUsage(usage) }
      : { form: 'full', month, usage, cumulative: cumulativeReport([...counts.values()], policy) },
  };
}
