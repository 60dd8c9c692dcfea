#!/usr/bin/env node
/** The entrance of the CLI; bin/stowage.js starts it, from the sources or compiled. */
import { run } from '../cli/run.ts';

process.exitCode = await run(process.argv.slice(2));
