import * as z from 'zod';
import { httpOperation } from '../edge/http-operation.ts';
import { writePrivacyAlert } from '../formats/plain/privacy-alerts.ts';
import { reviewPrivacyAlert } from '../usecases/review-privacy-alert.ts';
import { fhirId, requestSchemas } from './schemas.ts';

const schemas = {
  path: z.strictObject({ id: fhirId }),
  query: z.strictObject({}),
  body: requestSchemas.AlertReview,
};

export const handler = httpOperation(
  'review-privacy-alert',
  schemas,
  async (region, caller, { path, body }) => {
    const reviewed = await reviewPrivacyAlert(region, caller, { id: path.id, ...body });
    if (!reviewed.ok) return reviewed;
    return {
      ok: true,
      value: {
        status: 200,
        headers: { 'Content-Type': 'application/json', ETag: `W/"${reviewed.value.version}"` },
        body: writePrivacyAlert(reviewed.value),
        disclosures: [],
      },
    };
  },
);
