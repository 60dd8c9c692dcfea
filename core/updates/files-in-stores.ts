/** Reads small files from the stores themselves, for hosts that have them open. */
import { eachPiece } from '../ports/blob-store.ts';
import type { SmallFiles } from '../ports/small-files.ts';
import { type Stores, storeOf } from '../ports/stores.ts';
import { versionOf } from '../records.ts';

export function filesInStores(stores: Stores): SmallFiles {
  return {
    read: async (record) => {
      const { key, blob } = record;
      const version = blob === undefined ? {} : { version: versionOf(blob) };
      const pieces: Buffer[] = [];
      const body = await storeOf(stores, record).get(key, version);
      await eachPiece(body, (piece) => pieces.push(Buffer.from(piece)));
      return Buffer.concat(pieces);
    },
  };
}
