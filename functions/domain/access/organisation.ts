import * as z from 'zod';

/** An ODS code. */
export const odsCode = z
  .string()
  .regex(/^[A-Z0-9]{3,10}$/, 'an ODS code: 3 to 10 capital letters and digits');

/** The name of a shared care record region. */
export const regionName = z.string().regex(/^[a-z0-9-]+$/, 'lower-case words joined by hyphens');
