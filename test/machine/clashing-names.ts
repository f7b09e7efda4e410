/**
 * Two names of machines with the same short name, found by trying 67 million; their hashes begin with the same 50 bits:
 * printf NAME | sha256sum
 */
export const clashingNames = ['clash-13343949.x', 'clash-22227881.x'] as const;
export const clashingShortName = 'clash-_st3s6qf45s';
