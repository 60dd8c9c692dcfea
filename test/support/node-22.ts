/** The oldest Node that Stowage supports. `npm ci` installs it. */
import { join } from 'node:path';

export const NODE_22 = join(import.meta.dirname, 'node-22', 'node_modules', 'node', 'bin', 'node');
