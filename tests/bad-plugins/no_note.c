/* A shared library that is no plugin at all. */
int holo_test_answer(void);
int holo_test_answer(void) { return 42; }
