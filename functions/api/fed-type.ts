import * as z from 'zod';
import { recordTypes } from '../domain/record/record-types.ts';

/** The type of a resource that is sent alone; a Patient's path has it fixed. */
export const fedType = z.enum(['Patient', ...recordTypes]).default('Patient');
