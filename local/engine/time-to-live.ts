import { refuseUnknown } from './actions.ts';
import type { RequestData } from './dynalite.ts';
import { validationError } from './errors.ts';
import { requireTable } from './store.ts';
import { type AdminParts, changeSettings } from './table-admin.ts';

/** Runs DescribeTimeToLive. */
export function describeTimeToLive(request: RequestData, { catalogue }: AdminParts): RequestData {
  refuseUnknown(request, ['TableName']);
  const { ttlAttribute } = requireTable(catalogue, String(request.TableName)).settings;
  return {
    TimeToLiveDescription:
      ttlAttribute === undefined
        ? { TimeToLiveStatus: 'DISABLED' }
        : { TimeToLiveStatus: 'ENABLED', AttributeName: ttlAttribute },
  };
}

/** Runs UpdateTimeToLive; it takes effect at once. */
export async function updateTimeToLive(request: RequestData, parts: AdminParts): Promise<RequestData> {
  refuseUnknown(request, ['TableName', 'TimeToLiveSpecification']);
  const specification = (request.TimeToLiveSpecification ?? {}) as {
    AttributeName?: unknown;
    Enabled?: unknown;
  };
  const { AttributeName: attribute, Enabled: enabled } = specification;
  if (typeof attribute !== 'string' || attribute === '' || typeof enabled !== 'boolean') {
    throw validationError('TimeToLiveSpecification needs AttributeName and Enabled');
  }
  const tableName = String(request.TableName);
  const { stream } = requireTable(parts.catalogue, tableName).settings;
  await changeSettings(tableName, { stream, ...(enabled && { ttlAttribute: attribute }) }, parts);
  return { TimeToLiveSpecification: { AttributeName: attribute, Enabled: enabled } };
}
