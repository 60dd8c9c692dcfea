/** Loaded into a process before anything else: every name under store.test is this machine, as with a wildcard in the DNS. */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const { lookup } = dns;

Object.assign(dns, {
  lookup(name: string, ...rest: readonly unknown[]) {
    const found = name.endsWith('.store.test') ? '127.0.0.1' : name;
    return Reflect.apply(lookup, dns, [found, ...rest]);
  },
});
syncBuiltinESMExports();
