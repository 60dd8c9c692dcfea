/**
 * How each operation of S3 is asked and answered over HTTP; knows nothing about signatures.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
 */
import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ObjectLockMode, Part } from '@aws-sdk/client-s3';
import { withoutUndefined } from '../../../core/without-undefined.ts';
import { element, elementsIn, encode, textIn } from '../../xml/elements.ts';
import type { S3Operation, S3Operations } from '../bucket/s3-requests.ts';

export interface Asked {
  readonly method: 'DELETE' | 'GET' | 'HEAD' | 'POST' | 'PUT';
  /** Undefined for the bucket itself. */
  readonly key?: string | undefined;
  readonly query?: Readonly<Record<string, Value>>;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, Value>>;
  readonly body?: string;
}

/** Without it, the parameter or header is left out. */
type Value = string | number | undefined;

/** An answer, with its body as a text, or as a stream for `GetObject`. */
export interface Answered {
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly stream: IncomingMessage;
}

interface Exchange<Name extends S3Operation> {
  ask(input: S3Operations[Name][0]): Asked;
  read(answer: Answered): S3Operations[Name][1];
}

const XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const nothing = () => ({});

export const OPERATIONS: { readonly [Name in S3Operation]: Exchange<Name> } = {
  AbortMultipartUpload: {
    ask: ({ Key: key, UploadId: uploadId }) => ({ method: 'DELETE', key, query: { uploadId } }),
    read: nothing,
  },
  CompleteMultipartUpload: {
    ask: ({ Key: key, UploadId: uploadId, IfNoneMatch, MultipartUpload }) => ({
      method: 'POST',
      key,
      query: { uploadId },
      headers: { 'content-type': 'application/xml', 'if-none-match': IfNoneMatch },
      body: partsXml(MultipartUpload?.Parts ?? []),
    }),
    read: nothing,
  },
  CreateMultipartUpload: {
    ask: (input) => ({
      method: 'POST',
      key: input.Key,
      query: { uploads: '' },
      headers: {
        ...describedBy(input),
        ...metadataHeaders(input.Metadata),
        'x-amz-checksum-algorithm': input.ChecksumAlgorithm,
        'x-amz-storage-class': input.StorageClass,
      },
    }),
    read: ({ text }) => withoutUndefined({ UploadId: textIn(text, 'UploadId') }),
  },
  DeleteObject: {
    ask: ({ Key: key, VersionId: versionId, IfMatch }) => ({
      method: 'DELETE',
      key,
      query: { versionId },
      headers: { 'if-match': IfMatch },
    }),
    read: ({ headers }) =>
      withoutUndefined({
        DeleteMarker: headers['x-amz-delete-marker'] === 'true' ? true : undefined,
        VersionId: one(headers['x-amz-version-id']),
      }),
  },
  DeleteObjectTagging: {
    ask: ({ Key: key, VersionId: versionId }) => ({
      method: 'DELETE',
      key,
      query: { tagging: '', versionId },
    }),
    read: nothing,
  },
  GetObject: {
    ask: ({ Key: key, VersionId: versionId, Range: range, IfMatch }) => ({
      method: 'GET',
      key,
      query: { versionId },
      headers: { range, 'if-match': IfMatch },
    }),
    read: ({ stream }) => ({ Body: stream }),
  },
  GetObjectTagging: {
    ask: ({ Key: key, VersionId: versionId }) => ({
      method: 'GET',
      key,
      query: { tagging: '', versionId },
    }),
    read: ({ text }) => ({
      TagSet: elementsIn(text, 'Tag').map((tag) => ({
        Key: textIn(tag, 'Key') ?? '',
        Value: textIn(tag, 'Value') ?? '',
      })),
    }),
  },
  HeadObject: {
    ask: ({ Key: key, VersionId: versionId, ChecksumMode }) => ({
      method: 'HEAD',
      key,
      query: { versionId },
      headers: { 'x-amz-checksum-mode': ChecksumMode },
    }),
    read: ({ headers }) =>
      withoutUndefined({
        ContentLength: Number(headers['content-length'] ?? 0),
        ETag: headers.etag,
        LastModified: dateIn(headers['last-modified']),
        Metadata: metadataIn(headers),
        VersionId: one(headers['x-amz-version-id']),
        ChecksumSHA256: one(headers['x-amz-checksum-sha256']),
        ChecksumType: one(headers['x-amz-checksum-type']) as 'FULL_OBJECT' | undefined,
        ContentType: headers['content-type'],
        ContentDisposition: headers['content-disposition'],
        CacheControl: headers['cache-control'],
        ContentEncoding: headers['content-encoding'],
        WebsiteRedirectLocation: one(headers['x-amz-website-redirect-location']),
        ObjectLockMode: one(headers['x-amz-object-lock-mode']) as ObjectLockMode | undefined,
        ObjectLockRetainUntilDate: dateIn(one(headers['x-amz-object-lock-retain-until-date'])),
        ObjectLockLegalHoldStatus: one(headers['x-amz-object-lock-legal-hold']) as 'ON' | undefined,
      }),
  },
  ListMultipartUploads: {
    ask: ({ Prefix: prefix, KeyMarker, UploadIdMarker }) => ({
      method: 'GET',
      query: {
        uploads: '',
        prefix,
        'key-marker': KeyMarker,
        'upload-id-marker': UploadIdMarker,
      },
    }),
    read: ({ text }) => ({
      ...withoutUndefined({
        NextKeyMarker: textIn(text, 'NextKeyMarker'),
        NextUploadIdMarker: textIn(text, 'NextUploadIdMarker'),
      }),
      IsTruncated: isTruncated(text),
      Uploads: elementsIn(text, 'Upload').map((upload) =>
        withoutUndefined({
          Key: textIn(upload, 'Key'),
          UploadId: textIn(upload, 'UploadId'),
          Initiated: dateIn(textIn(upload, 'Initiated')),
        }),
      ),
    }),
  },
  ListObjectsV2: {
    ask: ({ Prefix: prefix, ContinuationToken, MaxKeys }) => ({
      method: 'GET',
      query: {
        'list-type': 2,
        prefix,
        'continuation-token': ContinuationToken,
        'max-keys': MaxKeys,
      },
    }),
    read: ({ text }) => ({
      ...withoutUndefined({
        Name: textIn(text, 'Name'),
        NextContinuationToken: textIn(text, 'NextContinuationToken'),
      }),
      IsTruncated: isTruncated(text),
      Contents: elementsIn(text, 'Contents').map((object) =>
        withoutUndefined({
          Key: textIn(object, 'Key'),
          Size: Number(textIn(object, 'Size') ?? 0),
          ETag: textIn(object, 'ETag'),
          LastModified: dateIn(textIn(object, 'LastModified')),
        }),
      ),
    }),
  },
  ListParts: {
    ask: ({ Key: key, UploadId: uploadId, MaxParts, PartNumberMarker }) => ({
      method: 'GET',
      key,
      query: { uploadId, 'max-parts': MaxParts, 'part-number-marker': PartNumberMarker },
    }),
    read: ({ text }) => ({
      ...withoutUndefined({ NextPartNumberMarker: textIn(text, 'NextPartNumberMarker') }),
      IsTruncated: isTruncated(text),
      Parts: elementsIn(text, 'Part').map(partIn),
    }),
  },
  PutObject: {
    ask: ({ Body: body, ...input }) => ({
      method: 'PUT',
      key: input.Key,
      headers: describedBy(input),
      body,
    }),
    read: nothing,
  },
  PutObjectTagging: {
    ask: ({ Key: key, VersionId: versionId, Tagging }) => {
      const tags = (Tagging?.TagSet ?? []).map(({ Key = '', Value = '' }) =>
        element('Tag', element('Key', encode(Key)) + element('Value', encode(Value))),
      );
      const body = `<Tagging ${XMLNS}>${element('TagSet', tags.join(''))}</Tagging>`;
      return {
        method: 'PUT',
        key,
        query: { tagging: '', versionId },
        // S3 wants a checksum of every body of this operation.
        headers: { 'content-type': 'application/xml', 'content-md5': hash('md5', body, 'base64') },
        body,
      };
    },
    read: nothing,
  },
};

function describedBy(input: {
  readonly ContentType?: string | undefined;
  readonly ContentDisposition?: string | undefined;
  readonly CacheControl?: string | undefined;
}): Readonly<Record<string, Value>> {
  return {
    'content-type': input.ContentType,
    'content-disposition': input.ContentDisposition,
    'cache-control': input.CacheControl,
  };
}

const METADATA = 'x-amz-meta-';

function metadataHeaders(metadata: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [METADATA + name, value]),
  );
}

function metadataIn(headers: IncomingMessage['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name.startsWith(METADATA))
      .map(([name, value]) => [name.slice(METADATA.length), one(value) ?? '']),
  );
}

function partsXml(parts: readonly Part[]): string {
  const listed = parts.map(({ PartNumber, ETag = '', ChecksumSHA256 }) =>
    element(
      'Part',
      element('ChecksumSHA256', ChecksumSHA256) +
        element('ETag', encode(ETag)) +
        element('PartNumber', String(PartNumber)),
    ),
  );
  return `<CompleteMultipartUpload ${XMLNS}>${listed.join('')}</CompleteMultipartUpload>`;
}

function partIn(part: string): Part {
  return withoutUndefined({
    PartNumber: Number(textIn(part, 'PartNumber') ?? 0),
    Size: Number(textIn(part, 'Size') ?? 0),
    ETag: textIn(part, 'ETag'),
    LastModified: dateIn(textIn(part, 'LastModified')),
    ChecksumSHA256: textIn(part, 'ChecksumSHA256'),
  });
}

function isTruncated(xml: string): boolean {
  return textIn(xml, 'IsTruncated') === 'true';
}

function dateIn(text: string | undefined): Date | undefined {
  const date = new Date(text ?? '');
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Node gives the headers that it does not know as one text, or as several. */
function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}
