/** MemoryJournal keeps the contract. */
import { MemoryJournal } from '../../../storage/memory/memory-journal.ts';
import { describeJournal } from './journal.contract.ts';

describeJournal('MemoryJournal', async () => ({
  journal: new MemoryJournal(),
  close: async () => {},
}));
