/** The XML of S3: what is written is read as it was, with every character that a name may have. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { OPERATIONS } from '../../../../storage/s3/requests/operations.ts';
import { element, elementsIn, encode, textIn } from '../../../../storage/xml/elements.ts';

test('a text is read as it was written', () =>
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      expect(textIn(element('Key', encode(text)), 'Key')).toBe(text);
    }),
  ));

test('entities are read by name and by number', () => {
  expect(textIn('<Key>a&amp;&lt;b&gt;&quot;&apos;&#38;&#x1F4E6;&unknown;</Key>', 'Key')).toBe(
    'a&<b>"\'&📦&unknown;',
  );
});

test('elements with attributes and over several lines are found, others of a longer name are not', () => {
  const xml = '<Parts>no</Parts>\n<Part a="1">\n<Size>3</Size></Part><Part><Size>4</Size></Part>';

  expect(elementsIn(xml, 'Part').map((part) => textIn(part, 'Size'))).toEqual(['3', '4']);
});

test('an empty element is none', () => {
  expect([textIn('<Prefix></Prefix>', 'Prefix'), textIn('<Prefix/>', 'Prefix')]).toEqual([
    undefined,
    undefined,
  ]);
});

test('the tags of an object are sent with the hash that S3 asks for, and can not end their element', () => {
  const TagSet = [{ Key: 'a<b', Value: '"&' }];

  const { body = '', headers } = OPERATIONS.PutObjectTagging.ask({
    Bucket: 'b',
    Key: 'k',
    Tagging: { TagSet },
  });

  const [tag = ''] = elementsIn(body, 'Tag');
  expect([textIn(tag, 'Key'), textIn(tag, 'Value')]).toEqual(['a<b', '"&']);
  expect(headers).toMatchObject({ 'content-md5': expect.stringMatching(/^[\w+/]{22}==$/) });
});
