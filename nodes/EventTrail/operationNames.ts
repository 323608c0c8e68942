export const OPERATION_NAMES = ['getTrail', 'getFlowMap', 'search'] as const;

export type TrailOperation = (typeof OPERATION_NAMES)[number];
