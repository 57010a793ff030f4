import type { RegionConfig } from './schema.ts';

/** Dated rules of a region until its board decides otherwise. */
export const policyDefaults = {
  /** GP Connect 0.7.4 keeps a record readable for 28 days after death. */
  deceasedReadableDays: 28,
  intake: { answers: 'queued', rejectDays: 30 },
  /** The practice registers the person and asks again; who meets them for an hour writes down what is said. */
  sourceTrust: [
    'gp-practice',
    'acute-trust',
    'mental-health-trust',
    'community-trust',
    'pharmacy',
    'care-home',
    'ambulance-service',
  ],
  /**
   * Scores are probabilities that two records are one person: probable is more likely than not, possible is worth a look.
   * Only certain ever links by itself. 200 candidates hold the commonest name and year of birth of nine million people.
   */
  matching: {
    certain: 0.95,
    probable: 0.5,
    possible: 0.01,
    lead: 0.05,
    maxCandidates: 200,
    numberAlone: 'related',
  },
} satisfies Partial<RegionConfig['policy']>;

/** How a region is deployed unless its file says otherwise. */
export const deploymentDefaults = {
  awsRegion: 'eu-west-2',
  endpoint: 'regional',
  throttle: {
    region: { ratePerSecond: 500, burst: 1_000 },
    // A busy trust's share of the regional peak, which is about 180 section reads a second.
    organisation: { ratePerSecond: 200, burst: 400 },
    // Guessing patients is what a stolen token would be used for, so $match has its own, lower ceiling.
    match: { ratePerSecond: 100, burst: 200 },
    // A client needs one token in ten minutes for each of its users; this is 12,000 users at once.
    token: { ratePerSecond: 20, burst: 50 },
  },
  protectData: true,
  auditRetentionYears: 10,
  auditLogPostQuantum: true,
  auditBudgetMilliseconds: 300,
  logRetentionDays: 400,
  alarmEmails: [],
  alarms: { serverErrorRate: 0.01, latencyP95Milliseconds: 2_000 },
} satisfies Omit<RegionConfig['deployment'], 'costCentre'>;

/** The throttle of callers whose organisation is in no policy: enough to be told why, too little to probe. */
export const unlistedThrottle = { ratePerSecond: 2, burst: 5 } as const;
