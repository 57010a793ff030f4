import {
  AttributeType,
  Billing,
  ContributorInsightsMode,
  StreamViewType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { TableDefinition } from '../../functions/store/schema.ts';

interface RegionTableProps {
  readonly definition: TableDefinition;
  readonly key: IKey;
  /** Keeps the table when the stack goes, and refuses its deletion. */
  readonly protectData: boolean;
}

/** One table of functions/store/schema.ts: on demand, restorable to any second of 35 days, under the region's own key. */
export class RegionTable extends Construct {
  readonly table: TableV2;
  readonly key: IKey;
  /** Name of the environment variable that tells a function the table's name. */
  readonly environmentVariable: string;
  readonly indexArns: readonly string[];

  constructor(scope: Construct, id: string, { definition, key, protectData }: RegionTableProps) {
    super(scope, id);
    this.key = key;
    this.environmentVariable = definition.environmentVariable;
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: definition.partitionKey, type: AttributeType.STRING },
      sortKey: { name: definition.sortKey, type: AttributeType.STRING },
      globalSecondaryIndexes: definition.indexes.map(({ name, partitionKey, sortKey }) => ({
        indexName: name,
        partitionKey: { name: partitionKey, type: AttributeType.STRING },
        sortKey: { name: sortKey, type: AttributeType.STRING },
      })),
      timeToLiveAttribute: definition.ttlAttribute,
      ...(definition.stream && { dynamoStream: StreamViewType.NEW_AND_OLD_IMAGES }),
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.customerManagedKey(key),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // Throttled keys alone: they hold pseudonyms, and the full mode costs as much again as the reads it counts.
      ...(protectData && {
        contributorInsightsSpecification: { enabled: true, mode: ContributorInsightsMode.THROTTLED_KEYS },
      }),
      deletionProtection: protectData,
      removalPolicy: protectData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.indexArns = definition.indexes.map(({ name }) => `${this.table.tableArn}/index/${name}`);
  }

  /** ARN of the change stream; throws for a table that declares none. */
  get streamArn(): string {
    const arn = this.table.tableStreamArn;
    if (arn === undefined) throw new Error(`${this.node.path} has no stream`);
    return arn;
  }
}
