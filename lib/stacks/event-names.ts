/**
 * Physical names that the events stack gives and the api stack's dashboard shows. They are fixed, so that the dashboard
 * needs no export of the events stack, which CloudFormation would then refuse to change.
 */
export function eventNames(stage: string) {
  return {
    sequenceAudit: `towpath-${stage}-sequence-audit`,
    sequenceAuditFailures: `towpath-${stage}-sequence-audit-failures`,
    followAudit: `towpath-${stage}-follow-audit`,
    followAuditFailures: `towpath-${stage}-follow-audit-failures`,
    sweepAudit: `towpath-${stage}-sweep-audit`,
    countPeople: `towpath-${stage}-count-people`,
    countPeopleFailures: `towpath-${stage}-count-people-failures`,
    rematchSource: `towpath-${stage}-rematch-source`,
    rematchSourceFailures: `towpath-${stage}-rematch-source-failures`,
    fileQueuedMessage: `towpath-${stage}-file-queued-message`,
    recordGatewayRefusals: `towpath-${stage}-record-gateway-refusals`,
    recordGatewayRefusalsFailures: `towpath-${stage}-record-gateway-refusals-failures`,
  } as const;
}
