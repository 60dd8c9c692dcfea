/** MemoryCatalog keeps the contract; it is the model that the others are compared with, so it is not compared itself. */
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
