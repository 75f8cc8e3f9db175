/* The analyzer "count": how many units and samples it has seen. */
typedef struct count_analyzer {
  holo_analyzer table;
  int64_t units;
  double samples;
} count_analyzer;

static holo_status count_push(void* self, const holo_unit* unit, holo_error* error) {
  count_analyzer* count = (count_analyzer*)self;
  (void)error;
  ++count->units;
  for (uint32_t i = 0; i < unit->tensor_count; ++i) {
    double samples = 1;
    for (int d = 0; d < unit->tensors[i]->ndim; ++d) samples *= (double)unit->tensors[i]->shape[d];
    count->samples += samples;
  }
  return HOLO_OK;
}

static holo_status count_report(void* self, const holo_report* report, holo_error* error) {
  const count_analyzer* count = (const count_analyzer*)self;
  const double series[] = {1.0, 2.0, count->samples};
  (void)error;
  report->integer(report->ctx, "units", count->units);
  report->number(report->ctx, "samples", count->samples);
  report->text(report->ctx, "verdict", "counted");
  report->series(report->ctx, "curve", series, 3);
  return HOLO_OK;
}

static void count_destroy(void* self) { free(self); }

static holo_status count_create(const char* id, const holo_host* host, const holo_params* params,
                                const holo_stream* stream, holo_analyzer** out, holo_error* error) {
  (void)id;
  (void)host;
  (void)params;
  (void)stream;
  count_analyzer* count = (count_analyzer*)calloc(1, sizeof *count);
  if (count == NULL) return copy_fail(error, HOLO_NO_MEMORY, "no memory for an analyzer");
  count->table.struct_size = sizeof(holo_analyzer);
  count->table.self = count;
  count->table.push = count_push;
  count->table.report = count_report;
  count->table.destroy = count_destroy;
  *out = &count->table;
  return HOLO_OK;
}

static const holo_analyzer_descriptor count_descriptor = {
    sizeof(holo_analyzer_descriptor),
    (1u << HOLO_PICTURE) | (1u << HOLO_TENSOR),
    PLUGIN_ID ".count",
    "count",
    "1.0.0",
    "counts units and samples",
    NULL};
static const holo_analyzer_descriptor* count_descriptor_at(uint32_t index) {
  return index == 0 ? &count_descriptor : NULL;
}
static const holo_analyzer_factory count_factory = {sizeof(holo_analyzer_factory), 1,
                                                    count_descriptor_at, count_create};
