import { createApp } from '../lib/app.ts';

// `node bin/app.ts [stage…]`: the CDK command line says where to write by CDK_OUTDIR; without it, cdk.out.
const outdir = process.env.CDK_OUTDIR ?? 'cdk.out';
const app = await createApp({ stages: process.argv.slice(2), outdir });
app.synth();
