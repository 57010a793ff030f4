import * as z from 'zod';
import type { Role } from './roles.ts';
import { roles } from './roles.ts';

const roleNames = Object.keys(roles) as [Role, ...Role[]];

/** Why a caller asks, as the token states it. */
export const purposes = ['directcare', 'administration', 'audit', 'feed'] as const;

/** Who is asking: from the verified token alone, never from a header or the body. */
export const callerSchema = z.object({
  /** The user's or system's identifier at its issuer. */
  subject: z.string().min(1).max(128),
  name: z.string().min(1).max(128),
  role: z.enum(roleNames),
  /** ODS code of the organisation in which the caller acts. */
  organisation: z.string().regex(/^[A-Z0-9]{3,10}$/),
  purpose: z.enum(purposes),
  /** The token's `jti`. */
  tokenId: z.string().min(1).max(128),
  /** The registered system through which they ask, where the region itself issued the token. */
  client: z.string().min(1).max(64).optional(),
  /** The session at the issuer or in the client. */
  session: z.string().min(1).max(128).optional(),
});

/** See {@link callerSchema}. */
export type Caller = z.infer<typeof callerSchema>;
