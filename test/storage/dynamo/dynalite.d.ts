/** Types for the part of dynalite that the tests use; dynalite has none. */
declare module 'dynalite' {
  import type { Server } from 'node:http';

  function dynalite(options: {
    readonly createTableMs: number;
    readonly deleteTableMs: number;
  }): Server;
  export = dynalite;
}
