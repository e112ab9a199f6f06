# fread.R FILE TIMES: reads a CSV file with data.table and all cores. Prints the milliseconds of each.
suppressPackageStartupMessages(library(data.table))
words <- commandArgs(trailingOnly = TRUE)
setDTthreads(0)
for (i in seq_len(as.integer(words[2]))) {
  took <- system.time(table <- fread(words[1], showProgress = FALSE))
  cat(took[["elapsed"]] * 1000, "\n")
}
