// Some tests count the process's descriptors and threads.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]
