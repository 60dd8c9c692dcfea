/** Messages of the verification queue, tickets and ids of checks: JSON text, which is checked and not trusted. */
import * as z from 'zod/mini';
import { parsePackageId, parseVersionId } from '../../core/names.ts';
import { ticketOf, type VerificationTicket } from '../../core/publishing/ticket.ts';

const ticket = z.object({
  versionId: z.pipe(z.string(), z.transform(parseVersionId)),
  packageId: z.pipe(z.string(), z.transform(parsePackageId)),
  attemptId: z.string(),
  touchedAt: z.string(),
  progress: z.optional(
    z.object({
      version: z.object({ etag: z.string(), objectVersion: z.optional(z.string()) }),
      hashedBytes: z.int().check(z.nonnegative()),
      state: z.string(),
    }),
  ),
});

const checkRequest = z.strictObject({ checkId: z.string() });

/** @returns undefined for what asks for no checks */
export function readCheckRequest(text: string): string | undefined {
  try {
    return checkRequest.parse(JSON.parse(text)).checkId;
  } catch {
    return undefined;
  }
}

/** @returns undefined for what is no ticket */
export function readTicket(text: string): VerificationTicket | undefined {
  try {
    const { progress, ...request } = ticket.parse(JSON.parse(text));
    if (progress === undefined) return ticketOf(request);
    const { etag, objectVersion } = progress.version;
    const version = objectVersion === undefined ? { etag } : { etag, objectVersion };
    return ticketOf(request, { ...progress, version });
  } catch {
    return undefined; // A retry would not make it a ticket.
  }
}
