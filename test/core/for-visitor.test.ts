/** The file that a download button offers, by what a browser says of its computer. */
import { describe, expect, test } from '@jest/globals';
import { guessPlatform } from '../../core/platforms.ts';
import { findForVisitor, platformOf, type Visitor } from '../../core/reading/for-visitor.ts';
import type { PackageRecord } from '../../core/records.ts';
import { visitorOf } from '../../service/pages/visitor.ts';

function recordOf(filename: string, rest: Partial<PackageRecord> = {}): PackageRecord {
  const record = { packageId: filename, filename, state: 'available', ...guessPlatform(filename) };
  return { ...record, ...rest } as unknown as PackageRecord;
}

function offered(visitor: Visitor, ...names: readonly string[]): string | undefined {
  const records = names.map((name) => recordOf(name));
  const found = [records, records.toReversed()].map(
    (order) => findForVisitor(order, visitor)?.filename,
  );
  // The order of the list decides nothing.
  expect(found[0]).toBe(found[1]);
  return found[0];
}

describe('the button', () => {
  test('offers the file for the os and arch of the visitor', () => {
    const names = [
      't-linux-x64.tar.gz',
      't-linux-arm64.tar.gz',
      't-windows-x64.exe',
      't-macos-arm64.dmg',
    ];

    expect(offered({ os: 'linux', arch: 'arm64' }, ...names)).toBe('t-linux-arm64.tar.gz');
    expect(offered({ os: 'windows', arch: 'x64' }, ...names)).toBe('t-windows-x64.exe');
    expect(offered({ os: 'macos' }, ...names)).toBe('t-macos-arm64.dmg');
    expect(offered({ os: 'freebsd', arch: 'x64' }, ...names)).toBeUndefined();
    expect(offered({}, ...names)).toBeUndefined();
  });

  test('offers nothing that is for another arch', () => {
    expect(offered({ os: 'linux', arch: 'riscv64' }, 't-linux-x64.tar.gz')).toBeUndefined();
    expect(offered({ os: 'linux', arch: 'riscv64' }, 't-linux-noarch.rpm')).toBe(
      't-linux-noarch.rpm',
    );
  });

  test('prefers what starts most easily', () => {
    expect(
      offered({ os: 'windows', arch: 'x64' }, 't-win-x64.zip', 't-win-x64.msi', 't-win-x64.exe'),
    ).toBe('t-win-x64.exe');
    expect(offered({ os: 'macos' }, 't-mac.pkg', 't-mac.dmg', 't-mac.zip')).toBe('t-mac.dmg');
    expect(
      offered(
        { os: 'linux', arch: 'x64' },
        't_amd64.deb',
        't-linux-x64.tar.gz',
        't-x86_64.AppImage',
      ),
    ).toBe('t-x86_64.AppImage');
    expect(offered({ os: 'linux', arch: 'x64' }, 't_amd64.deb', 't-linux-x64.tar.gz')).toBe(
      't-linux-x64.tar.gz',
    );
  });

  test('prefers what runs on every Mac to what runs on some', () => {
    expect(
      offered({ os: 'macos' }, 't-mac-x64.dmg', 't-mac-arm64.dmg', 't-mac-universal.dmg'),
    ).toBe('t-mac-universal.dmg');
    expect(offered({ os: 'macos' }, 't-mac-x64.dmg', 't-mac-arm64.dmg')).toBe('t-mac-arm64.dmg');
  });

  test('never offers a signature, nor what can not be downloaded', () => {
    const visitor = { os: 'windows', arch: 'x64' } as const;
    const signature = recordOf('t.exe.sig', { os: 'windows', arch: 'x64' });
    const yanked = recordOf('t-x64.exe', { state: 'yanked' });
    const damaged = recordOf('t-x64.exe', { damage: { foundAt: '', detail: '' } });

    for (const record of [signature, yanked, damaged])
      expect(findForVisitor([record], visitor)).toBeUndefined();
  });
});

test('a file whose publisher named no platform is for the os that its name says, and never for a number', () => {
  const plain = (filename: string) =>
    platformOf({ filename, packageId: 'x', ext: 'zip' } as unknown as PackageRecord);

  expect(plain('tool-linux-arm64.zip')).toMatchObject({ os: 'linux', arch: 'arm64' });
  expect(plain('report-386.zip')).toEqual({});
});

test.each<[string, Visitor, Record<string, string>]>([
  [
    'Chrome on Windows',
    { os: 'windows', arch: 'x64' },
    {
      'user-agent':
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
      'sec-ch-ua-platform': '"Windows"',
    },
  ],
  [
    'Firefox on Linux',
    { os: 'linux', arch: 'x64' },
    { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' },
  ],
  [
    'Firefox on an ARM Linux',
    { os: 'linux', arch: 'arm64' },
    { 'user-agent': 'Mozilla/5.0 (X11; Linux aarch64; rv:145.0) Gecko/20100101 Firefox/145.0' },
  ],
  [
    'Safari on a Mac',
    { os: 'macos' },
    {
      'user-agent':
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
    },
  ],
  [
    'Safari on a phone',
    { os: 'ios' },
    {
      'user-agent':
        'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1',
    },
  ],
  [
    'Chrome on Android',
    { os: 'android' },
    {
      'user-agent':
        'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36',
      'sec-ch-ua-platform': '"Android"',
    },
  ],
  ['a client that says nothing', {}, {}],
  [
    'a client that says nonsense',
    {},
    { 'user-agent': 'curl/8', 'sec-ch-ua-platform': '"__proto__"' },
  ],
])('%s is understood', (_, visitor, headers) => {
  expect(visitorOf(headers)).toEqual(visitor);
});
