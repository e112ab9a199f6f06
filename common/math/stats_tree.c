/* stats_tree.c: a binary counter: two nodes of one level are merged as soon as both are there. */
#include "common/math/stats.h"

#include <stdlib.h>
#include <string.h>

enum { LEVELS = 64 };

struct stats_tree {
    size_t features;
    unsigned depth;             /* nodes that wait, their levels falling */
    unsigned level[LEVELS];     /* of each */
    struct stats *node[LEVELS]; /* each (features), owned; NULL: never used */
};

struct stats_tree *stats_tree_new(size_t features)
{
    struct stats_tree *tree = calloc(1, sizeof *tree);
    if (tree) tree->features = features;
    return tree;
}

void stats_tree_free(struct stats_tree *tree)
{
    for (size_t i = 0; tree && i < LEVELS; i++)
        free(tree->node[i]);
    free(tree);
}

/* The last node into the one before it. */
static void merge_last(struct stats_tree *tree)
{
    tree->depth--;
    stats_merge(tree->node[tree->depth - 1], tree->node[tree->depth], tree->features);
}

bool stats_tree_push(struct stats_tree *tree, const struct stats *node, unsigned level)
{
    unsigned at = tree->depth;
    if (at == LEVELS) return false;
    if (!tree->node[at]) tree->node[at] = calloc(tree->features, sizeof *node);
    if (!tree->node[at]) return false;
    memcpy(tree->node[at], node, tree->features * sizeof *node);
    tree->level[at] = level;
    tree->depth++;
    while (tree->depth > 1 && tree->level[tree->depth - 1] == tree->level[tree->depth - 2]) {
        merge_last(tree);
        tree->level[tree->depth - 1]++;
    }
    return true;
}

bool stats_tree_finish(struct stats_tree *tree, struct stats *out)
{
    if (tree->depth == 0) return false;
    while (tree->depth > 1)
        merge_last(tree);
    memcpy(out, tree->node[0], tree->features * sizeof *out);
    tree->depth = 0;
    return true;
}
