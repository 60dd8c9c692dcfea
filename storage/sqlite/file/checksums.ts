/** The checksum that every row of the catalog carries: no bit of a row changes by accident without being noticed. */
import { hash } from 'node:crypto';

/** The tables whose rows carry one. */
export type Table = 'packages' | 'versions' | 'channels' | 'tokens' | 'links' | 'facts';

/** Ample against accidents: 96 bits of SHA-256. */
const CHARACTERS = 16;

/** @param texts all columns of the row but the checksum, in the order of the table; NULL as '' */
export function checksumOf(table: Table, ...texts: readonly string[]): string {
  return hash('sha256', `${table}\0${texts.join('\0')}`, 'base64url').slice(0, CHARACTERS);
}
