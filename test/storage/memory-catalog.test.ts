/**
 * MemoryCatalog keeps the contract. It is the model of the other catalogs, so it is not compared.
 */
import { MemoryCatalog } from '../../storage/memory/memory-catalog.ts';
import { describeCatalog } from './catalog.contract.ts';

describeCatalog(
  'MemoryCatalog',
  async () => {
    const catalog = new MemoryCatalog();
    return { catalog, settled: async () => {}, close: () => catalog.close() };
  },
  { isModel: true },
);
