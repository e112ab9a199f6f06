-- vectors: the names that numbers of a job may have, each a key job:<id>:<name>.
local vector_names = { 'weights', 'best', 'state', 'trial', 'last', 'scaling', 'fill', 'classes',
    'columns', 'roc' }
