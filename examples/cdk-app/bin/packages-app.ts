#!/usr/bin/env node
import * as cdk from 'aws-cdk-lib/core';
import { PackagesAppStack } from '../lib/packages-app-stack';

const app = new cdk.App();
new PackagesAppStack(app, 'PackagesAppStack', {});
