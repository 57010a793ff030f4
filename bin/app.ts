import { createApp } from '../lib/app.ts';

// `node bin/app.ts [stage…]`: the CDK command line says where to write by CDK_OUTDIR; without it, cdk.out.
const outdir = process.env.CDK_OUTDIR ?? 'cdk.out';
// The local runner refuses what it does not know and starts seconds sooner without the check that `npm run synth` makes.
const checkSchemas = process.env.TOWPATH_CHECK_SCHEMAS !== 'no';
const app = await createApp({ stages: process.argv.slice(2), outdir, checkSchemas });
app.synth();
