/** The commands of the README for stores that speak S3, on Ceph RGW. */
import { describeMove } from '../docs/readme-move.ts';
import { describeStore } from '../docs/readme-s3.ts';
import { cephRgwOfReadme } from '../docs/readme-store.ts';

describeStore('Ceph RGW', cephRgwOfReadme);
describeMove('Ceph RGW', cephRgwOfReadme);
