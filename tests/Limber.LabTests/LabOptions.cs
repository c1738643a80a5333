using System;
using System.Globalization;

namespace Limber.LabTests;

/// <summary>The command line: which scenarios, with what, how often.</summary>
internal sealed class LabOptions
{
    public string Limber { get; private set; } = "";

    public string Guest { get; private set; } = "";

    public string Distro { get; private set; } = "";

    public string Dpdk { get; private set; } = "";

    /// <summary>A part of the scenarios' names.</summary>
    public string Filter { get; private set; } = "";

    /// <summary>The one scenario to play; "" for all.</summary>
    public string Only { get; private set; } = "";

    /// <summary>The last scenario that is not to be played again; "" for none.</summary>
    public string After { get; private set; } = "";

    /// <summary>Every <see cref="Parts"/>-th scenario is played, from this one on.</summary>
    public int Part { get; private set; }

    public int Parts { get; private set; } = 1;

    /// <summary>No scenario begins later.</summary>
    public TimeSpan Limit { get; private set; } = TimeSpan.MaxValue;

    public int Rounds { get; private set; } = 1;

    /// <summary>Steps of a scenario that takes as many as it is told to; null for few.</summary>
    public int? Steps { get; private set; }

    public int? Seed { get; private set; }

    /// <summary>Factor for the time that everything may take, for hosts that are busy with something else.</summary>
    public int Patience { get; private set; } = 1;

    public bool List { get; private set; }

    /// <exception cref="FormatException">The command line is wrong.</exception>
    public static LabOptions Parse(string[] arguments)
    {
        var options = new LabOptions();
        for (int i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--list")
            {
                options.List = true;
            }
            else
            {
                options.Set(arguments[i], i + 1 < arguments.Length ? arguments[++i] : throw new FormatException($"{arguments[i]} needs a value"));
            }
        }

        return options;
    }

    private void Set(string option, string value)
    {
        switch (option)
        {
            case "--limber": Limber = value; break;
            case "--guest": Guest = value; break;
            case "--distro": Distro = value; break;
            case "--dpdk": Dpdk = value; break;
            case "--filter": Filter = value; break;
            case "--only": Only = value; break;
            case "--after": After = value; break;
            case "--part":
                string[] words = value.Split('/');
                (Part, Parts) = words.Length == 2 ? (Number(words[0]), Number(words[1])) : throw new FormatException($"--part {value}: not I/N");
                break;
            case "--for": Limit = TimeSpan.FromSeconds(Number(value)); break;
            case "--rounds": Rounds = Number(value); break;
            case "--steps": Steps = Number(value); break;
            case "--patience": Patience = Math.Max(Number(value), 1); break;
            case "--seed": Seed = Number(value); break;
            default: throw new FormatException($"unknown option {option}");
        }

        int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number
            : throw new FormatException($"{option} {value}: not a number");
    }
}
