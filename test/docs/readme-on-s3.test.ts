/**
 * The commands of the README for stores that speak S3, on versitygw. `npm run gate:full` runs them on
 * Ceph RGW, too.
 */
import { describeMove } from './readme-move.ts';
import { describeStore } from './readme-s3.ts';
import { versitygwOfReadme } from './readme-store.ts';

describeStore('versitygw', versitygwOfReadme);
describeMove('versitygw', versitygwOfReadme);
