namespace Limber.LabTests;

/// <summary>One of the clients of the storm: carries out its share of the steps, in its own dialect. A refusal is an answer.</summary>
internal abstract class StormClient(string name)
{
    /// <summary>For the report.</summary>
    public string Name { get; } = name;

    /// <summary>Carries out a step; false when the machine refused it.</summary>
    /// <param name="step">What to do.</param>
    /// <param name="random">Slot, number of processors or operation, as the step needs it.</param>
    public abstract bool Play(StormStep step, int random);
}
