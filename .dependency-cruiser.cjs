/**
 * The layer table: each layer may import only those named here (and itself).
 * protocol <- crypto <- core <- ports <- { runtime, adapters } <- apps
 */
const layers = {
  protocol: [],
  crypto: ['protocol'],
  core: ['protocol', 'crypto'],
  ports: ['protocol', 'crypto', 'core'],
  runtime: ['protocol', 'crypto', 'core', 'ports'],
  adapters: ['protocol', 'crypto', 'core', 'ports'],
}

const layerRules = Object.entries(layers).map(([layer, allowed]) => ({
  name: `layer-${layer}`,
  severity: 'error',
  comment: `${layer} may import ${allowed.join(', ') || 'no other layer'}`,
  from: { path: `^src/${layer}/` },
  to: { path: '^src/', pathNot: `^src/(${[layer, ...allowed].join('|')})/` },
}))

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'adapters-are-strangers',
      severity: 'error',
      comment: 'one adapter never imports another',
      from: { path: '^src/adapters/([^/]+)/' },
      to: { path: '^src/adapters/', pathNot: '^src/adapters/$1/' },
    },
    {
      name: 'apps-are-strangers',
      severity: 'error',
      comment:
        'one app never imports another; what two share stands in shared/. The command line starts them all',
      from: { path: '^src/apps/(coordinator|node|prover|devnet|shared)/' },
      to: { path: '^src/apps/', pathNot: '^src/apps/($1|shared)/' },
    },
    {
      name: 'pure-layers-use-no-node',
      severity: 'error',
      comment: 'protocol, crypto, core and ports run in a browser unchanged',
      from: { path: '^src/(protocol|crypto|core|ports)/' },
      to: { dependencyTypes: ['core'] },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-dev-dependencies',
      severity: 'error',
      comment: 'shipped code imports only what ships with it',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.node.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
