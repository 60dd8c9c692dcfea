/** Looks up where custom domains lead. */
import { Resolver } from 'node:dns/promises';
import type { CustomDomain, DomainLookup } from '../facts/facts.ts';

/** Codes that say nothing about the name: https://nodejs.org/api/dns.html#error-codes */
const OFFLINE = ['ECONNREFUSED', 'ETIMEOUT', 'EREFUSED', 'ENOTINITIALIZED'];

/** What of a resolver is used. */
export interface Lookup {
  resolveCname(name: string): Promise<readonly string[]>;
  resolve4(name: string): Promise<readonly string[]>;
}

export function systemLookup(): Lookup {
  return new Resolver({ timeout: 3000, tries: 2 });
}

/** @param domains where each must lead, by name */
export function gatherDomains(
  domains: Readonly<Record<string, string>>,
  lookup: Lookup,
): Promise<readonly CustomDomain[]> {
  return Promise.all(
    Object.entries(domains).map(async ([name, target]) => ({
      name,
      target,
      leadsTo: await lookUp(name, target, lookup),
    })),
  );
}

/**
 * An alias record shows only addresses. Those of the target may differ from one answer to the next,
 * so that only a match counts.
 */
async function lookUp(name: string, target: string, lookup: Lookup): Promise<DomainLookup> {
  try {
    const names = await orNone(() => lookup.resolveCname(name));
    if (names.some((one) => plain(one) === plain(target))) return { kind: 'target' };
    if (names.length > 0) return { kind: 'elsewhere', to: names.join(', ') };
    const addresses = await orNone(() => lookup.resolve4(name));
    if (addresses.length === 0) return { kind: 'nothing' };
    const wanted = await orNone(() => lookup.resolve4(target));
    if (addresses.some((one) => wanted.includes(one))) return { kind: 'target' };
    const to = `its addresses are ${addresses.join(', ')}, those of ${target} just now ${wanted.join(', ')}`;
    return { kind: 'unclear', to };
  } catch (error) {
    const code = codeOf(error);
    return OFFLINE.includes(code) ? { kind: 'offline' } : { kind: 'unclear', to: code };
  }
}

function plain(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

async function orNone(work: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await work();
  } catch (error) {
    if (['ENOTFOUND', 'ENODATA'].includes(codeOf(error))) return [];
    throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
