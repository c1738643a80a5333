// Every test has a process of its own with hundreds of connections; they would take each other's time.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]
